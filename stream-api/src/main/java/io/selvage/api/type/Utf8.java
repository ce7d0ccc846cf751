package io.selvage.api.type;

/** UTF-8 that has a form for every string: surrogates without their other half are written as other characters are. */
final class Utf8 {
    /** What the JDK puts in the place of bytes that are no UTF-8. */
    static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** In bytes; the first characters are known to be ASCII. */
    static int length(String text, int ascii) {
        long length = ascii;
        for (int i = ascii; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                length++;
            } else if (c < 0x800) {
                length += 2;
            } else if (isPair(text, i, c)) {
                length += 4;
                i++;
            } else {
                length += 3;
            }
        }
        if (length > Integer.MAX_VALUE - 16) {
            throw new IllegalStateException("a string of " + length + " bytes is longer than an array can be");
        }
        return (int) length;
    }

    /** Answers where it ends. */
    static int encode(String text, byte[] into, int from) {
        int at = from;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                into[at++] = (byte) c;
            } else if (c < 0x800) {
                into[at++] = (byte) (0xC0 | c >> 6);
                into[at++] = (byte) (0x80 | c & 0x3F);
            } else if (isPair(text, i, c)) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                into[at++] = (byte) (0xF0 | point >> 18);
                into[at++] = (byte) (0x80 | point >> 12 & 0x3F);
                into[at++] = (byte) (0x80 | point >> 6 & 0x3F);
                into[at++] = (byte) (0x80 | point & 0x3F);
            } else {
                into[at++] = (byte) (0xE0 | c >> 12);
                into[at++] = (byte) (0x80 | c >> 6 & 0x3F);
                into[at++] = (byte) (0x80 | c & 0x3F);
            }
        }
        return at;
    }

    private static boolean isPair(String text, int i, char c) {
        return Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
    }

    /** @throws CorruptDataException if {@link #encode} has not written it: each string has one form, and no other */
    static String decode(byte[] bytes, int offset, int length) {
        int end = offset + length;
        char[] text = new char[length];
        int count = 0;
        int at = offset;
        while (at < end) {
            int b = bytes[at];
            if (b >= 0) {
                text[count++] = (char) b;
                at++;
                continue;
            }
            int size = Integer.numberOfLeadingZeros(~(b << 24));
            if (size < 2 || size > 4 || size > end - at) {
                throw malformed(at);
            }
            int point = b & 0x7F >> size;
            for (int i = 1; i < size; i++) {
                int next = bytes[at + i];
                if ((next & 0xC0) != 0x80) {
                    throw malformed(at);
                }
                point = point << 6 | next & 0x3F;
            }
            if (point < leastOf(size) || point > Character.MAX_CODE_POINT) {
                throw malformed(at);
            }
            if (size < 4 && count > 0 && Character.isSurrogatePair(text[count - 1], (char) point)) {
                throw malformed(at); // A pair is written as one.
            }
            count += Character.toChars(point, text, count);
            at += size;
        }
        return new String(text, 0, count);
    }

    private static int leastOf(int size) {
        return size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    }

    private static CorruptDataException malformed(int at) {
        return new CorruptDataException("a string that is not UTF-8 at offset " + at);
    }
}
