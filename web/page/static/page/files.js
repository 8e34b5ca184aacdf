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
  const made = await post("/api/pipelines", file, { "Content-Type": "application/json" });
  window.location.assign(`/edit/${encodeURIComponent(made.id)}`);
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
    act({ ...data, act: "upload_failed", message: error.message });
  }
}

async function post(path, body, headers = {}) {
  const response = await fetch(path, { method: "POST", body, headers });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || answer.title || `The server answered ${response.status}.`);
  return answer;
}
