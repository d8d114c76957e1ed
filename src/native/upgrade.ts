/**
 * The `upgrade` service: WebSockets to other servers. An exchange of the `fetch` service that was begun with body size -2
 * becomes a socket of the `websocket` service once its head has come with status 101.
 */
export declare function adopt(exchange: i32, messageLimit: i32): i32;
