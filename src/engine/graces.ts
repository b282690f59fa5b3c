/** How long a session waits for a statement that nobody wants any more, the same on every engine. */

/** How long a cancelled statement may take to stop before the session is given up: 1 s, the bound promised to clients that hang up. */
export const cancelGraceMs = 1000

/**
 * How long a statement may take to end by itself when its caller has hung up, where a cancel costs the server a connection:
 * nearly all do within it. On MySQL, that of several which travel together costs the session, too.
 */
export const hangUpGraceMs = 50
