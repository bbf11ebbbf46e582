/** What Node prints of its own insides when it ends for want of memory; its reason, "FATAL ERROR: ...", is no part of it. */
const parts = [
  /^<--- (?:Last few GCs|JS stacktrace) --->$/,
  // Of the oldest line that it keeps it may have the end only, and the next one follows that at once.
  /\[\d+:0x[\da-f]+\]\s+\d+ ms: /,
  /\bcurrent mu = \d/,
  /^-+ Native stack trace -+$/,
  // The frames name the file of the program that runs the guest.
  /^\s*\d+: 0x[\da-f]+ /,
]

/** Whether a line on stderr is of no use to the author of a connector. */
export const isCrashTrace = (line: string): boolean => parts.some((part) => part.test(line))
