package vn.sen.android

import android.annotation.SuppressLint
import android.content.Context
import vn.sen.app.Line
import vn.sen.app.Word

/** A word of the table in the person's language. The presenters name words; the string files are made from the same table. */
@SuppressLint("DiscouragedApi")
fun Context.said(word: Word, vararg values: String): String =
    getString(resources.getIdentifier(word.key, "string", packageName), *values)

fun Context.said(line: Line): String = said(line.word, *line.values.toTypedArray())
