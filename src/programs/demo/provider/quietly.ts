/** oidc-provider says at length that its keys, its memory and its pages are not for production. */
export const quietly = <A>(make: () => A): A => {
  const { info, warn } = console
  Object.assign(console, { info: () => {}, warn: () => {} })
  try {
    return make()
  } finally {
    Object.assign(console, { info, warn })
  }
}
