package vn.sen.contract

import vn.sen.SecretStore

/** The promises of a [SecretStore]. [store] gives the same one each time, as an app finds it when it starts again. */
fun secretStoreContract(store: () -> SecretStore) = Checks(
    mapOf(
        "nothing was saved yet" to { same(null, store().load()?.toList()) },
        "what was saved is loaded, also after a new start" to {
            for (secret in listOf(ByteArray(1), ByteArray(32) { it.toByte() }, ByteArray(128) { 0xff.toByte() })) {
                store().save(secret)
                same(secret.toList(), store().load()?.toList())
            }
        },
        "the last one counts, whatever its length" to {
            store().save(ByteArray(128) { 1 })
            store().save(byteArrayOf(7))
            same(listOf<Byte>(7), store().load()?.toList())
        },
        "what is erased is gone, and another can be saved" to {
            store().save(byteArrayOf(1, 2, 3))
            store().erase()
            same(null, store().load()?.toList())
            store().save(byteArrayOf(4))
            same(listOf<Byte>(4), store().load()?.toList())
        },
        "erasing nothing is no error" to {
            store().erase()
            store().erase()
        },
        "what the caller does to its copy changes nothing" to {
            val secret = byteArrayOf(1, 2, 3)
            store().save(secret)
            secret.fill(0)
            store().load()!!.fill(0)
            same(listOf<Byte>(1, 2, 3), store().load()?.toList())
        },
    ).mapValues { (_, check) ->
        {
            store().erase()
            try {
                check()
            } finally {
                store().erase()
            }
        }
    },
)
