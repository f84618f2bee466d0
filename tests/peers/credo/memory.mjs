// Credo keeps its records in a database; for a test that ends with its process a map is enough.
import { JsonTransformer, RecordDuplicateError, RecordNotFoundError } from "@credo-ts/core"

export class MemoryStorage {
  supportsCursorPagination = false
  #records = new Map()

  #name(type, id) {
    return `${type}/${id}`
  }

  #existing(type, id) {
    const kept = this.#records.get(this.#name(type, id))
    if (!kept) throw new RecordNotFoundError(`no ${type} of this id`, { recordType: type })
    return kept
  }

  #keep(record) {
    const kept = { value: JsonTransformer.serialize(record), tags: record.getTags() }
    this.#records.set(this.#name(record.type, record.id), kept)
  }

  #revive(recordClass, kept) {
    const record = JsonTransformer.deserialize(kept.value, recordClass)
    record.replaceTags(kept.tags)
    return record
  }

  async save(_, record) {
    if (this.#records.has(this.#name(record.type, record.id))) {
      throw new RecordDuplicateError("there is one of this id", { recordType: record.type })
    }
    this.#keep(record)
  }

  async update(_, record) {
    this.#existing(record.type, record.id)
    this.#keep(record)
  }

  async delete(context, record) {
    await this.deleteById(context, record.constructor, record.id)
  }

  async deleteById(_, recordClass, id) {
    this.#existing(recordClass.type, id)
    this.#records.delete(this.#name(recordClass.type, id))
  }

  async getById(_, recordClass, id) {
    return this.#revive(recordClass, this.#existing(recordClass.type, id))
  }

  async getAll(context, recordClass) {
    return this.findByQuery(context, recordClass, {})
  }

  async findByQuery(_, recordClass, query) {
    const ofType = [...this.#records].filter(([name]) => name.startsWith(`${recordClass.type}/`))
    return ofType.filter(([, kept]) => matches(kept.tags, query)).map(([, kept]) => this.#revive(recordClass, kept))
  }
}

function matches(tags, { $and = [], $or, $not, ...wanted }) {
  const fits = (value, tag) => (Array.isArray(value) ? value.every((one) => tag?.includes(one)) : value === tag)
  return (
    Object.entries(wanted).every(([name, value]) => value === undefined || fits(value, tags[name])) &&
    $and.every((query) => matches(tags, query)) &&
    (!$or || $or.some((query) => matches(tags, query))) &&
    !($not && matches(tags, $not))
  )
}
