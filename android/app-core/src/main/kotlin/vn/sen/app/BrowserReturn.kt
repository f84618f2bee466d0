package vn.sen.app

import java.io.IOException
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.security.SecureRandom
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible

/**
 * Where the browser returns to: a port of this phone (RFC 8252 section 7.3) with a path that nobody else knows. Another app that calls
 * the port gets nothing and ends nothing.
 */
class BrowserReturn(random: SecureRandom = SecureRandom()) : AutoCloseable {
    private val path = "/" + ByteArray(SECRET).also(random::nextBytes).joinToString("") { "%02x".format(it) }
    private val listener = ServerSocket(0, BACKLOG, InetAddress.getByAddress(byteArrayOf(127, 0, 0, 1)))

    private val origin get() = "http://127.0.0.1:${listener.localPort}"

    /** The address to give to the issuer. */
    val address: String get() = origin + path

    /** Waits for the browser, however long; gives the whole address that it came with. Closed, it throws an [IOException]. */
    suspend fun returned(): String = coroutineScope {
        val answer = CompletableDeferred<String>()
        val accepting = launch(Dispatchers.IO) {
            try {
                while (true) {
                    val caller = listener.accept()
                    launch { serve(caller)?.let(answer::complete) }
                }
            } catch (closed: IOException) {
                answer.completeExceptionally(closed)
            }
        }
        try {
            answer.await()
        } finally {
            // Accepting does not end by being cancelled: it ends with the port.
            close()
            accepting.cancel()
        }
    }

    override fun close() = listener.close()

    /** What the caller asked for, where it is the browser. */
    private suspend fun serve(caller: Socket): String? = runInterruptible(Dispatchers.IO) {
        try {
            caller.use {
                it.soTimeout = PATIENCE
                val target = target(it)
                val isIt = target == path || target?.startsWith("$path?") == true
                val (status, page) = if (isIt) "200 OK" to DONE else "404 Not Found" to NOTHING
                it.getOutputStream().write(page(status, page))
                if (isIt) origin + target else null
            }
        } catch (_: IOException) {
            null
        }
    }

    /** Path and query of a GET; a request of a browser to us is short. */
    private fun target(caller: Socket): String? {
        val input = caller.getInputStream()
        val head = StringBuilder()
        while (!head.endsWith("\r\n\r\n")) {
            val octet = input.read()
            if (octet < 0 || head.length >= LONGEST) return null
            head.append(octet.toChar())
        }
        val words = head.lineSequence().first().split(' ')
        return words.getOrNull(1).takeIf { words.first() == "GET" }
    }

    private fun page(status: String, text: String): ByteArray {
        val body = "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Sen</title><p>$text</p></html>".toByteArray()
        val head = listOf(
            "HTTP/1.1 $status", "content-type: text/html; charset=utf-8", "content-length: ${body.size}", "cache-control: no-store",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'", "referrer-policy: no-referrer", "connection: close",
        )
        return head.joinToString("\r\n", postfix = "\r\n\r\n").toByteArray() + body
    }

    private companion object {
        const val SECRET = 16
        const val BACKLOG = 8
        const val PATIENCE = 10_000
        const val LONGEST = 8_192
        const val DONE = "Xong. Hãy quay lại Sen.<br>Done. Go back to Sen."
        const val NOTHING = "Không có gì ở đây.<br>There is nothing here."
    }
}
