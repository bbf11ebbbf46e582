import { useState } from "react"
import type { ErrorDocument } from "../../../../services/domain/ErrorDocument.ts"
import { documentOf } from "./ask.ts"
import { refreshSoon } from "./resource.ts"

/** Something that a button does: once at a time, and why not when it was refused. */
export const useAction = () => {
  const [isBusy, setBusy] = useState(false)
  const [refused, setRefused] = useState<ErrorDocument | null>(null)
  const act = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setRefused(null)
    try {
      await action()
    } catch (error) {
      setRefused(documentOf(error))
    }
    setBusy(false)
    refreshSoon()
  }
  return { act, isBusy, refused }
}
