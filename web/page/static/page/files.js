// Files go to the server over HTTP: a socket message may be a megabyte at most.

const SEND = { import: importPipeline, upload: uploadTable };

export async function sendFile(input, act) {
  const file = input.files[0];
  const send = SEND[input.dataset.file];
  if (!file || !send) return;
  try {
    await send(file, input, act);
  } catch (error) {
    act({ act: "note", message: error.message || `${file.name} could not be sent: is the server still running?` });
  } finally {
    input.value = "";
  }
}

async function importPipeline(file) {
  const made = await keepPipeline(file);
  window.location.assign(`/edit/${encodeURIComponent(made.id)}`);
}

const keepPipeline = (file) => post("/api/pipelines", file, { "Content-Type": "application/json" });

// Pipelines' files that are dropped anywhere on the page: one is opened, several are kept.
export function listenToDrops(root, act) {
  const takes = (event) => root.querySelector("[data-drops]") && event.dataTransfer?.types.includes("Files");
  const light = (on) => root.toggleAttribute("data-over", on);
  root.addEventListener("dragover", (event) => takes(event) && (event.preventDefault(), light(true)));
  root.addEventListener("dragleave", (event) => root.contains(event.relatedTarget) || light(false));
  root.addEventListener("drop", async (event) => {
    if (!takes(event)) return;
    event.preventDefault();
    light(false);
    const files = [...event.dataTransfer.files];
    for (const file of files) {
      try {
        await (files.length === 1 ? importPipeline : keepPipeline)(file);
      } catch (error) {
        act({ act: "note", message: `${file.name}: ${error.message}` });
      }
    }
    if (files.length > 1) act({ act: "imported" });
  });
}

async function uploadTable(file, input, act) {
  const data = { ...input.dataset, name: file.name };
  act({ ...data, act: "uploading" });
  const form = new FormData();
  form.append("file", file);
  try {
    const made = await post("/api/uploads", form);
    act({ ...data, act: "uploaded", upload: made.upload });
  } catch (error) {
    act({ ...data, act: "upload_failed", message: `${file.name}: ${error.message}` });
  }
}

async function post(path, body, headers = {}) {
  const response = await fetch(path, { method: "POST", body, headers });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const wrong = answer.detail || answer.title || `The server answered ${response.status}.`;
  throw new Error([wrong, answer.hint].filter(Boolean).join(" "));
}
