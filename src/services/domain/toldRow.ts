/** How a message names a row: counted from 1, and by its key where that is known: `row 6 (id 7)`. */
export const toldRow = (row: number, key: string | null | undefined): string =>
  `row ${row + 1}${key === null || key === undefined ? "" : ` (${key})`}`
