/**
 * Milliseconds after which a transaction that nothing is sent in is undone, by the server or by whoever holds the file: its
 * process may be stopped, or gone without a word, and others wait for its locks. A batch sends something every few milliseconds.
 */
export const IDLE_TRANSACTION_MS = 5_000;
