// Socket.IO, unmodified, beside Express: rooms, acknowledgements, bytes, a namespace, by polling and by WebSocket.
import { createServer } from "node:http";
import express from "express";
import { Server } from "socket.io";

const app = express();
app.get("/", (request, response) => response.send("hello from Express\n"));
const server = createServer(app);
const io = new Server(server, { cors: { origin: "https://shop.example" } });

io.use((socket, next) => {
  socket.data.user = socket.handshake.auth.user;
  next(socket.data.user === "eve" ? new Error("not you") : undefined);
});
io.on("connection", (socket) => {
  socket.join("all");
  socket.emit("hello", socket.data.user, socket.conn.transport.name);
  socket.on("say", (text, done) => {
    io.to("all").emit("said", text);
    done(text.length);
  });
  socket.on("bytes", (bytes, done) => done(Buffer.isBuffer(bytes), bytes));
});
io.of("/admin").on("connection", (socket) => socket.emit("welcome", socket.nsp.name));

server.listen(3000);
