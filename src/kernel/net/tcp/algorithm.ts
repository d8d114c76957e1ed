/** The congestion control in use: the one place that chooses. */
import { Congestion } from "./congestion";
import { Cubic } from "./cubic";

export const congestion: Congestion = new Cubic();
