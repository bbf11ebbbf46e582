import { Loader } from "@mantine/core"
import { useServerGone } from "../server/live.ts"

/** Lies over the page, so that nothing on it moves. */
export const ServerGone = () => {
  const isGone = useServerGone()
  return (
    <div role="status" className="gone-place">
      {isGone && (
        <p className="gone">
          <Loader size={16} color="currentColor" aria-hidden="true" />
          <span>
            The server does not answer: what you see may be old. Trying again … If it was stopped, start it with{" "}
            <code>openislands serve</code>.
          </span>
        </p>
      )}
    </div>
  )
}
