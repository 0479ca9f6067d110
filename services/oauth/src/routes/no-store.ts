/** Tokens, and what is said about them, must not stay in a cache (RFC 6749, section 5.1). */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };
