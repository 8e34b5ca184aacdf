// The page's own behaviour in the browser: plain modules, no build.
import "./theme.js";
import "./connection.js";
import "./place.js";
import "./keys.js";
import "./log.js";
import "./server_log.js";
import "./menus.js";
import "./notify.js";
import "./sheets.js";
import "./table.js";
import "./hints.js";
export { Panel } from "./panel.js";
