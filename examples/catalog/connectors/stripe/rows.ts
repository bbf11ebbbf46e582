import { z } from "zod"

const seconds = z.number().transform((time) => new Date(time * 1000))
const text = z.string().nullable().default(null)

// The rows are Stripe's own objects, of which these columns are kept. Amounts are in the currency's smallest unit.
export const charge = z.object({
  id: z.string(),
  created: seconds,
  amount: z.int(),
  amount_captured: z.int(),
  amount_refunded: z.int(),
  currency: z.string(),
  status: z.string(),
  captured: z.boolean(),
  paid: z.boolean(),
  refunded: z.boolean(),
  disputed: z.boolean(),
  customer: text,
  payment_intent: text,
  balance_transaction: text,
  description: text,
  failure_code: text,
  failure_message: text,
})
// Of a deleted customer Stripe tells the id only.
export const customer = z.object({
  id: z.string(),
  created: seconds.nullable().default(null),
  email: text,
  name: text,
  description: text,
  currency: text,
  balance: z.int().nullable().default(null),
  delinquent: z.boolean().nullable().default(null),
  deleted: z.boolean().default(false),
})
