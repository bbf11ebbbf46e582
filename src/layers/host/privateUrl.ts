/** Whether nobody can listen in on the way there: it is encrypted, or stays on this machine. */
export const isPrivate = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" ||
  (protocol === "http:" && /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
