export { Panel as default } from "tensorrag-page";
