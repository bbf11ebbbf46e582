import type { Completions } from "effect/cli"
import { named } from "./commands/complete.ts"

/** A script of effect/cli's that asks `openislands complete` where a name of the project can stand. */
export const namesFor = (shell: Completions.Shell, script: string): string => {
  switch (shell) {
    case "bash":
      return script.replace(/^complete -F _openislands openislands$/m, () => bash)
    case "zsh":
      return script
        .replaceAll(
          /^( {4}'\*:One (?:connector|dataset|action|checkpoint|run id)[ ;].*):'$/gm,
          "$1:_openislands_names'",
        )
        .replace(/^# Handle both/m, (start) => `${zsh}\n${start}`)
    case "fish":
      return script.replace(/^###-end/m, (end) => `${fish}\n${end}`)
    case "powershell":
      return script
  }
}

/**
 * Files where nothing of ours can stand: a project's directory comes first in any command. (`compgen -W` would run what
 * is written in a name as a command.)
 */
const bash = `_openislands_named()
{
  _openislands "$@"
  (( \${#COMPREPLY[@]} )) && return
  local cur="\${COMP_WORDS[COMP_CWORD]}"
  [[ "$cur" == -* ]] && return
  local name
  while IFS= read -r name; do
    [[ -n "$name" && "$name" == "$cur"* ]] && COMPREPLY+=("$name")
  done <<< "$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)"
}

complete -o bashdefault -o default -F _openislands_named openislands`

const zsh = `_openislands_names() {
  local -a names
  names=("\${(@f)$(openislands complete -- "\${(@)words[1,CURRENT-1]}" 2>/dev/null)}")
  names=(\${names:#})
  compadd -a names || _files -/
}
`

const fish = `function __openislands_names
  set -l typed (commandline -opc)
  $typed[1] complete -- $typed[2..] 2>/dev/null
end
complete -c openislands -n '__fish_seen_subcommand_from ${named.join(" ")}' -f -a '(__openislands_names)'
`
