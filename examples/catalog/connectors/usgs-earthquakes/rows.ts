/** An event as USGS answers it, as far as it is used. Times are epoch milliseconds. */
export interface Feature {
  id: string
  geometry: { coordinates: [longitude: number, latitude: number, depth: number | null] } | null
  properties: {
    time: number
    updated: number
    mag: number | null
    magType: string | null
    place: string | null
    status: string
    type: string
    tsunami: number
    felt: number | null
    alert: string | null
    sig: number | null
    net: string
    ids: string | null
    url: string
  }
}

/** Not what is too small, unless it was there when the last sync came, and could have been taken for greater. */
export const isKept = ({ properties: of }: Feature, minMagnitude: number, known: string | undefined): boolean =>
  of.status === "deleted" ||
  (of.mag ?? Number.NEGATIVE_INFINITY) >= minMagnitude ||
  (known !== undefined && of.time <= Date.parse(known))

export const rowOf = ({ id, geometry, properties: of }: Feature, minMagnitude: number) => {
  const [longitude = null, latitude = null, depth = null] = geometry?.coordinates ?? []
  return {
    id,
    time: new Date(of.time),
    updated: new Date(of.updated),
    magnitude: of.mag,
    magnitude_type: of.magType,
    place: of.place,
    longitude,
    latitude,
    depth_km: depth,
    status: of.status,
    /** Not deleted, and not below the minimum. */
    listed: of.status !== "deleted" && (of.mag ?? Number.NEGATIVE_INFINITY) >= minMagnitude,
    type: of.type,
    tsunami: of.tsunami === 1,
    felt: of.felt,
    alert: of.alert,
    significance: of.sig,
    network: of.net,
    /** All that the networks call it: one that gets another main id is here under both. */
    ids: (of.ids ?? "").split(",").filter((one) => one !== ""),
    url: of.url,
  }
}
