/** A call that makes no sense; the message goes on from the call. */
export class Misuse extends Error {}
