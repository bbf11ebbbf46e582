import { isDate, isTimestamp } from "./calendar.ts"
import { BOOLEAN, DATE, INTEGER, NUMBER, STRING, TIMESTAMP } from "./values.ts"

const integer = /^-?(?:0|[1-9]\d*)$/
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Whether a CSV cell reads as an integer: digits without leading zeros, so that `00123` stays text. */
export function isIntegerText(text: string): boolean {
  return integer.test(text)
}

/** Whether a CSV cell reads as a finite number, exponent allowed. */
export function isNumberText(text: string): boolean {
  return number.test(text) && Number.isFinite(Number(text))
}

/** An integer's text as a number, or as a bigint where a number wouldn't hold it. */
export function integerOf(text: string): number | bigint {
  const value = Number(text)
  // Adding 0 turns -0 into 0.
  return Number.isSafeInteger(value) ? value + 0 : BigInt(text)
}

/** The class bit that a cell of a user's CSV shows: what is neither number, boolean nor date is a string. */
export function bitOfCellText(text: string): number {
  const code = text.charCodeAt(0)
  if (code === 45 || (code >= 48 && code <= 57)) {
    if (isIntegerText(text)) return INTEGER
    if (isNumberText(text)) return NUMBER
    if (isDate(text)) return DATE
    return isTimestamp(text) ? TIMESTAMP : STRING
  }
  return text === "true" || text === "false" ? BOOLEAN : STRING
}
