// Real pictures: HLS where the browser plays it or the vendored hls.js can, WHEP by WebRTC.

/** Play a source in a video element; `fail(text)` hears why it cannot. */
export async function play(video, { kind, url }, fail) {
  try {
    if (kind === "whep") await playWhep(video, url);
    else await playHls(video, url);
  } catch {
    fail("The live picture cannot be played in this browser. Products and chat go on below.");
  }
}

async function playHls(video, url) {
  if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = url;
    return;
  }
  const { default: Hls } = await import("./vendor/hls.light.min.mjs");
  if (!Hls.isSupported()) throw new Error("no media source extensions");
  const player = new Hls({ enableWorker: false });
  player.loadSource(url);
  player.attachMedia(video);
}

async function playWhep(video, url) {
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
  if (!answer.ok) throw new Error(`the stream answered ${answer.status}`);
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === "complete" && resolve();
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(resolve, 2_000);
    look();
  });
}
