// Real pictures: HLS where the browser plays it or the vendored hls.js can, WHEP by WebRTC.

const RETRY_MS = 5_000;
const GATHERING_MS = 2_000;
const AWAY = "The live picture is not there just now; it is tried again. Products and chat go on.";
const IMPOSSIBLE = "This browser cannot play the live picture. Products and chat go on.";

class Unsupported extends Error {}

/** Play a source in a video element, again whenever it fails; `tell(text)` hears why nothing is seen. */
export function play(video, { kind, url }, tell) {
  const start = kind === "whep" ? playWhep : playHls;
  const again = () => {
    tell(AWAY);
    setTimeout(attempt, RETRY_MS);
  };
  const attempt = () =>
    start(video, url, again).catch((error) => (error instanceof Unsupported ? tell(IMPOSSIBLE) : again()));
  video.addEventListener("playing", () => tell(""));
  attempt();
}

async function playHls(video, url, again) {
  if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.onerror = again;
    video.src = url;
    return;
  }
  const { default: Hls } = await import("./vendor/hls.light.min.mjs");
  if (!Hls.isSupported()) throw new Unsupported();
  const player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_name, { fatal }) => {
    if (!fatal) return;
    player.destroy();
    again();
  });
  player.loadSource(url);
  player.attachMedia(video);
}

async function playWhep(video, url, again) {
  if (!window.RTCPeerConnection) throw new Unsupported();
  const peer = new RTCPeerConnection();
  peer.addTransceiver("video", { direction: "recvonly" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  peer.ontrack = ({ streams }) => (video.srcObject = streams[0]);
  await peer.setLocalDescription();
  await gathered(peer);
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/sdp" },
    body: peer.localDescription.sdp,
  });
  if (!answer.ok) {
    peer.close();
    throw new Error(`the stream answered ${answer.status}`);
  }
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  peer.onconnectionstatechange = () => {
    if (peer.connectionState !== "failed") return;
    peer.close();
    again();
  };
}

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, GATHERING_MS);
    look();
  });
}
