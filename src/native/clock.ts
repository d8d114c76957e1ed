/** The `clock` service. The alarm calls the app's exported `alarm(a, b)`. Times are nanoseconds. */
export declare function monotonic(): i64;
export declare function realtime(): i64;
export declare function alarm(deadline: i64): void;
