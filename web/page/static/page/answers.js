// Every gesture is answered by the server. One that hears no answer was not taken, as far as
// anybody knows: after a while the server counts as away, and if the connection breaks, this is
// said once it is back.
const LOOK = 500; // ms between two looks
const PATIENCE = 10; // looks without an answer after which the server counts as away
const DOUBT = "tensorrag-doubt";
const LOST = "The connection broke. What was done last may be missing: look at it once more.";

const waiting = new Map(); // at which look each gesture was sent that waits for its answer
const mark = () => document.documentElement.toggleAttribute("data-unanswered", waiting.size > 0);
let told = false; // whether the server counts as away because it does not answer
let number = 0;
// Time is counted in looks: while the page itself is held up, the answer may have come long ago.
let looks = 0;

export const doubt = () => sessionStorage.getItem(DOUBT) !== null;

/** Tell whenever the server falls silent, and when it has answered after all. */
export function watch(tell) {
  const look = () => {
    const [oldest] = waiting.values();
    const silent = oldest !== undefined && looks - oldest > PATIENCE;
    if (silent !== told) tell((told = silent));
  };
  setInterval(() => ((looks += 1), look()), LOOK);
  whenMade((socket) => {
    follow(socket, look);
    socket.on("disconnect", () => {
      if (waiting.size) sessionStorage.setItem(DOUBT, "");
      waiting.clear();
      mark();
      told = false;
    });
  });
}

function follow(socket, look) {
  const emit = socket.emit;
  socket.emit = (kind, ...rest) => {
    if (kind !== "event") return emit.call(socket, kind, ...rest);
    const sent = (number += 1);
    waiting.set(sent, looks);
    mark();
    return emit.call(socket, kind, ...rest, () => (waiting.delete(sent), mark(), look()));
  };
}

// The page makes its socket after this module was loaded.
function whenMade(then) {
  let socket;
  const made = (value) => value && then((socket = value));
  made(window.socket);
  Object.defineProperty(window, "socket", { configurable: true, get: () => socket, set: made });
}

/** Say what may be missing, once. */
export function sayDoubt(act) {
  if (!doubt()) return;
  sessionStorage.removeItem(DOUBT);
  act({ act: "note", message: LOST });
}
