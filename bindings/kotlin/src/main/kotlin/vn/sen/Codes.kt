package vn.sen

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Seconds since 1970-01-01 UTC: the core reads no clock. */
fun interface Clock {
    fun now(): Long

    companion object {
        val system = Clock { System.currentTimeMillis() / 1000 }
    }
}

/** The codes of one consent as they are due, until the person has to be asked again. */
fun Wallet.codes(consent: Consent, clock: Clock = Clock.system): Flow<QrCode> = flow {
    qrCodes(consent).use { codes ->
        while (true) emit(codes.next(clock.now()) ?: break)
    }
}
