/**
 * Bytes of a row on its way into a dataset, its line break included. Readers take as much for a row; of a CSV they take
 * more for a quote that is never closed.
 */
export const MOST_ROW = 64 * 1024 * 1024
