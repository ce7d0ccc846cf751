package io.selvage.checkpoint.orphan;

import com.google.protobuf.Message;
import io.selvage.protocol.wire.LibraryFile;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Owned by a search: the hashes of all libraries that messages name, in whichever of their fields. So none is forgotten
 * that a message comes to name, and what this version does not know of a message is noticed.
 */
final class NamedLibraries {
    private final Set<String> hashes = new HashSet<>();

    boolean contains(String sha256) {
        return hashes.contains(sha256);
    }

    /** Answers whether all of the message is known here; else it may name others in what is not. */
    boolean add(Message message) {
        if (message instanceof LibraryFile file) {
            hashes.add(file.getSha256());
        }
        boolean isKnown = message.getUnknownFields().asMap().isEmpty();
        for (Object value : message.getAllFields().values()) {
            List<?> each = value instanceof List<?> several ? several : List.of(value);
            for (Object one : each) {
                isKnown &= !(one instanceof Message part) || add(part);
            }
        }
        return isKnown;
    }
}
