/**
 * The `.gitignore` of a new project. npm packs no file of this name, so that a copy of an example gets it from here as
 * well. `more` are further lines, with a comment that says why.
 */
export const gitignoreOf = (...more: ReadonlyArray<string>): string => `# Secrets
.env
.env.*
!.env.example

# What openislands keeps: tokens, cursors, history
.openislands

${more.map((lines) => `${lines}\n\n`).join("")}node_modules
`
