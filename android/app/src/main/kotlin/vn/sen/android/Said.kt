package vn.sen.android

import android.annotation.SuppressLint
import android.content.Context
import vn.sen.app.Line
import vn.sen.app.Listed
import vn.sen.app.Own
import vn.sen.app.Part
import vn.sen.app.Word

/** A word of the table in the person's language. The presenters name words; the string files are made from the same table. */
@SuppressLint("DiscouragedApi")
fun Context.said(word: Word, vararg values: String): String =
    getString(resources.getIdentifier(word.key, "string", packageName), *values)

fun Context.said(part: Part): String = when (part) {
    is Own -> part.text
    is Listed -> part.parts.joinToString { said(it) }
    is Line -> said(part.word, *part.values.map { said(it) }.toTypedArray())
}
