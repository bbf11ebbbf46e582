import { useState } from "react"
import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { useResource } from "../server/resource.ts"
import { Entry } from "./Entry.tsx"
import { UndoDialog } from "./UndoDialog.tsx"

export interface Checkpoints {
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly nextCursor: string | null
}

export const allCheckpoints = "/api/checkpoints?limit=1000"

export const HistoryPage = () => {
  const answer = useResource<Checkpoints>(allCheckpoints)
  const [target, setTarget] = useState<Checkpoint | null>(null)
  const checkpoints = answer.data?.checkpoints ?? []
  return (
    <Page title="History">
      <p className="quiet">
        Each sync, action or undo that changed something is a checkpoint, newest first. Any of them can be undone.
      </p>
      <Loaded answer={answer} height={320}>
        {() => (checkpoints.length === 0 ? <None /> : <Entries checkpoints={checkpoints} onUndo={setTarget} />)}
      </Loaded>
      <UndoDialog target={target} checkpoints={checkpoints} onClose={() => setTarget(null)} />
    </Page>
  )
}

interface Shown {
  readonly checkpoints: ReadonlyArray<Checkpoint>
  readonly onUndo: (checkpoint: Checkpoint) => void
}

const Entries = ({ checkpoints, onUndo }: Shown) => (
  <ol className="history">
    {checkpoints.map((checkpoint) => (
      <Entry key={checkpoint.checkpoint_id} checkpoint={checkpoint} onUndo={() => onUndo(checkpoint)} />
    ))}
  </ol>
)

const None = () => (
  <Empty title="Nothing has been written yet">
    <p>The first sync that changes a dataset will be listed here, with a way to undo it.</p>
  </Empty>
)
