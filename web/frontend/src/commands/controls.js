import { onBeforeUnmount, onMounted } from "vue"

/** Buttons anywhere on the page that say `data-command` do what that command does. */
export function useControls({ commands, enabled }) {
  function onClick({ target }) {
    const control = target.closest?.("[data-command]")
    if (control && enabled()) commands.run(control.dataset.command)
  }
  onMounted(() => window.addEventListener("click", onClick))
  onBeforeUnmount(() => window.removeEventListener("click", onClick))
}
