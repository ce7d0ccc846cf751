package io.selvage.checkpoint.backend;

import io.selvage.api.type.BinaryReader;
import io.selvage.api.type.BinaryWriter;
import io.selvage.api.type.Serde;

/** The namespace of timers that need none. */
public enum NoNamespace {
    NONE;

    public static final Serde<NoNamespace> SERDE = new NoBytes();

    private static final class NoBytes implements Serde<NoNamespace> {
        private static final long serialVersionUID = 1L;

        @Override
        public void write(NoNamespace value, BinaryWriter out) {}

        @Override
        public NoNamespace read(BinaryReader in) {
            return NONE;
        }

        @Override
        public String schema() {
            return "none";
        }
    }
}
