const wide = Array.from({ length: 100 }, (_, at) => `column ${at}`)
export const wideRow = Object.fromEntries(wide.map((name, at) => [name, at]))
const manyNames = Array.from({ length: 2000 }, (_, at) => `${"a long name, ".repeat(12)}${at}`)

/** What the user has, a row that comes, and the bytes that it may add; nothing else may change. */
export const shapes: Readonly<Record<string, readonly [file: string, row: Record<string, unknown>, added: string]>> = {
  "quoted line breaks and quotes": [
    'id,text\n1,"a\nb\r\nc\rd"\n2,"say ""hi"""\n',
    { id: 3, text: 'x\n"y"' },
    '3,"x\n""y"""\n',
  ],
  "a header in another order than the rows' keys": ["b,a\n2,1\n", { a: 3, b: 4 }, "4,3\n"],
  "blank lines at the start": ["\n\na,b\n1,2\n", { a: 3, b: 4 }, "3,4\n"],
  "blank lines in the middle": ["a,b\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n", { a: 5, b: 6 }, "5,6\r\n"],
  "blank lines at the end": ["a,b\n1,2\n\n\n", { a: 3, b: 4 }, "3,4\n"],
  "a byte order mark": ["\uFEFFa,b\n1,2\n", { a: 3, b: 4 }, "3,4\n"],
  "a byte order mark before a quote": ['\uFEFF"a","b"\n1,2\n', { a: 3, b: 4 }, "3,4\n"],
  CRLF: ["a,b\r\n1,2\r\n", { a: 3, b: 4 }, "3,4\r\n"],
  CR: ["a,b\r1,2\r", { a: 3, b: 4 }, "3,4\r"],
  "CRLF behind a header with a quote in it": ['a",b\r\n"1",2\r\n', { 'a"': 3, b: 4 }, "3,4\r\n"],
  "no final line break": ["a,b\n1,2", { a: 3, b: 4 }, "\n3,4\n"],
  "no final line break, CRLF": ["a,b\r\n1,2", { a: 3, b: 4 }, "\r\n3,4\r\n"],
  "no final line break, CR": ["a,b\r1,2", { a: 3, b: 4 }, "\r3,4\r"],
  "one column, with blank lines that are rows": ["a\n1\n\n\n", { a: 3 }, "3\n"],
  "a hundred columns": [`${wide.join(",")}\n${"1,".repeat(99)}1\n`, wideRow, `${Object.values(wideRow).join(",")}\n`],
  "a cell of five megabytes": [`a,b\n1,"${'é ""x"" \n'.repeat(500_000)}"\n`, { a: 2, b: "x" }, "2,x\n"],
  "a header longer than 256 KiB": [
    `${manyNames.map((name) => `"${name}"`).join(",")}\r\n${"1,".repeat(1999)}1\r\n`,
    Object.fromEntries(manyNames.map((name, at) => [name, at])),
    `${manyNames.map((_, at) => at).join(",")}\r\n`,
  ],
  "other scripts": ["名前,возраст\n山田 😀,1\n", { 名前: "Ω\u0301", возраст: 2 }, "Ω\u0301,2\n"],
  "a NUL in a cell": ["a,b\nx\0y,2\n", { a: "z", b: 4 }, "z,4\n"],
  "zeros in front, which stay text": ["a,b\n007,2\n", { a: "008", b: 4 }, "008,4\n"],
}
