/** node:stream/promises (Node 20). */
import promises from "readable-stream/lib/stream/promises.js";

export const { finished, pipeline } = promises;
export default promises;
