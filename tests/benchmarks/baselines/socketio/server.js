// The same room on socket.io 4 in its best form: WebSocket only, no compression, one io.emit per event.
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer((request, response) => {
  if (request.url.startsWith("/socket.io/")) return;
  if (request.method !== "POST") {
    response.end();
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => {
    io.emit("event", JSON.parse(body));
    response.end();
  });
});
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
server.listen(Number(process.argv[2]), "127.0.0.1", 4096);
