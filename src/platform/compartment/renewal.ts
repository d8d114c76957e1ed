/** When a memory of many of one kind is not copied back but dropped, on every platform. */

/** Pages: a life that wrote more is no usual one, and copying back would take long. */
export const OWN_LIMIT = 512;
/** Pages whose state is kept; of a larger memory not all are copied back. */
export const RENEWED_PAGES_LIMIT = 16_384;
