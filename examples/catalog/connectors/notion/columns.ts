/** A page of a database, as the API answers it. */
export interface NotionPage {
  id: string
  url: string
  created_time: string
  last_edited_time: string
  in_trash?: boolean
  properties: Record<string, Property>
}

/** Its value stands under the name of its type. */
export interface Property {
  id: string
  type: string
  has_more?: boolean
  [value: string]: any
}

/**
 * One column a property, by its name; a date has a second one, for its end. The page's own begin with `page_`, because
 * many databases have properties such as `ID` or `URL`.
 */
export const columnsOf = (page: NotionPage): Record<string, unknown> => {
  const row: Record<string, unknown> = {
    page_id: page.id,
    page_url: page.url,
    page_created_time: page.created_time,
    page_last_edited_time: page.last_edited_time,
  }
  // Notion has no order of properties, and adding one must not move the others.
  for (const name of Object.keys(page.properties).toSorted()) {
    const property = page.properties[name]!
    if (property.type === "button") continue
    row[name] = valueOf(property)
    if (property.type === "date") row[`${name} (end)`] = property["date"]?.end ?? null
  }
  return row
}

/** Also of what a formula or a rollup comes to, which have the same form. */
const valueOf = (property: Property): unknown => {
  const value = property[property.type]
  if (value === null || value === undefined) return null
  switch (property.type) {
    case "title":
    case "rich_text":
      return value.map(({ plain_text }: Property) => plain_text).join("")
    case "select":
    case "status":
      return value.name
    case "multi_select":
      return value.map(({ name }: Property) => name)
    case "date":
      return value.start
    case "people":
      return value.map(nameOf)
    case "created_by":
    case "last_edited_by":
      return nameOf(value)
    case "relation":
      return value.map(({ id }: Property) => id)
    // The links to files that Notion keeps are other ones in each answer, and good for an hour.
    case "files":
      return value.map(({ name, external }: Property) => external?.url ?? name)
    case "unique_id":
      return value.prefix === null ? String(value.number) : `${value.prefix}-${value.number}`
    case "formula":
    case "rollup":
      return valueOf(value)
    case "array":
      return value.map(valueOf)
    case "verification":
      return value.state
    // number, checkbox, url, email, phone_number, created_time, last_edited_time; string and boolean of a formula.
    default:
      return value
  }
}

const nameOf = ({ name, id }: Property): string => name ?? id
