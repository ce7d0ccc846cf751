package io.selvage.checkpoint.journal;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Stateless. The bytes of a record: magic, version, CRC32C of all that follows it, slot, epoch, writer, kind, leader
 * and payload with their lengths; big-endian.
 *
 * <p>Slot and writer make the bytes unique, so that finding them in a slot proves who wrote them.
 */
final class Frame {
    static final int MAGIC = 0x53564A4C; // "SVJL"
    static final int VERSION = 1;
    private static final int HEADER_BYTES = 3 * Integer.BYTES;
    private static final int FIXED_BYTES = HEADER_BYTES + 4 * Long.BYTES + 3 * Integer.BYTES;

    private Frame() {}

    static byte[] encode(JournalRecord record) {
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + record.leader().length + record.payload().length);
        out.putInt(MAGIC).putInt(VERSION).putInt(0);
        out.putLong(record.slot()).putLong(record.epoch());
        out.putLong(record.writer().getMostSignificantBits())
                .putLong(record.writer().getLeastSignificantBits());
        out.putInt(record.kind().code());
        out.putInt(record.leader().length).put(record.leader());
        out.putInt(record.payload().length).put(record.payload());
        out.putInt(2 * Integer.BYTES, checksum(out.array()));
        return out.array();
    }

    static JournalRecord decode(long slot, String file, byte[] bytes) throws JournalDamagedException {
        if (bytes.length < FIXED_BYTES) {
            throw damaged(file, "it has " + bytes.length + " bytes, and a record has at least " + FIXED_BYTES);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int magic = in.getInt();
        if (magic != MAGIC) {
            throw damaged(file, "it begins with " + hex(magic) + " instead of " + hex(MAGIC));
        }
        int version = in.getInt();
        if (version != VERSION) {
            throw new JournalDamagedException("The journal record " + file + " has format " + version
                    + ", and this version of Selvage reads format " + VERSION
                    + " only. Start the session with the version that wrote it.");
        }
        int expected = in.getInt();
        int actual = checksum(bytes);
        if (expected != actual) {
            throw damaged(file, "its checksum is " + hex(actual) + " and should be " + hex(expected));
        }
        long written = in.getLong();
        if (written != slot) {
            throw damaged(file, "it was written for slot " + written);
        }
        long epoch = in.getLong();
        UUID writer = new UUID(in.getLong(), in.getLong());
        JournalRecord.Kind kind = kind(file, in.getInt());
        byte[] leader = part(file, in, Integer.BYTES);
        byte[] payload = part(file, in, 0);
        return new JournalRecord(slot, kind, epoch, writer, leader, payload);
    }

    private static JournalRecord.Kind kind(String file, int code) throws JournalDamagedException {
        for (JournalRecord.Kind kind : JournalRecord.Kind.values()) {
            if (kind.code() == code) {
                return kind;
            }
        }
        throw damaged(file, "its kind is " + code);
    }

    private static byte[] part(String file, ByteBuffer in, int bytesAfter) throws JournalDamagedException {
        int length = in.getInt();
        if (length < 0 || length > in.remaining() - bytesAfter) {
            throw damaged(file, "a part of " + length + " bytes is announced where " + in.remaining() + " are left");
        }
        byte[] part = new byte[length];
        in.get(part);
        return part;
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
        return (int) crc.getValue();
    }

    private static String hex(int value) {
        return String.format("0x%08x", value);
    }

    private static JournalDamagedException damaged(String file, String how) {
        return new JournalDamagedException("The journal record " + file + " is damaged: " + how
                + ". Restore the file from an HDFS snapshot or backup, or start a new session and resume its jobs from"
                + " their last checkpoints.");
    }
}
