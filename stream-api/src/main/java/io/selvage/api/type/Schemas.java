package io.selvage.api.type;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Takes the schemas of serdes apart. A schema is a word, as {@code i64}; a word with others as arguments, as
 * {@code map<string,i64>}; {@code record name(component:schema,...)}; {@code enum name}; {@code sealed
 * name(schema,...)}, of the records that it permits; or any of these with a {@code ?} behind it, if null is written
 * too. A plain class is a record of its fields, an array a list, and an optional what may be null. A serde of the
 * user's own may have any other text for a schema: that has no parts. Checkpoints hold such texts, so this language can
 * grow, and never change.
 */
public final class Schemas {
    private static final String RECORD = "record ";
    private static final String ENUM = "enum ";
    private static final String SEALED = "sealed ";

    private Schemas() {}

    /**
     * The arguments of a schema that has that word.
     *
     * @throws IncompatibleSchemaException if it has another one, or not as many arguments
     */
    public static List<String> argumentsOf(String written, String word, int count, String declared) {
        return arguments(written, word)
                .filter(arguments -> arguments.size() == count)
                .orElseThrow(() -> new IncompatibleSchemaException(written, declared));
    }

    /** The arguments of a schema that has that word; empty if it has another one. */
    public static Optional<List<String>> arguments(String schema, String word) {
        return schema.startsWith(word + "<") && schema.endsWith(">")
                ? split(schema.substring(word.length() + 1, schema.length() - 1))
                : Optional.empty();
    }

    /**
     * A record, as it was.
     *
     * @param components their schemas by their names, in the order of declaration
     */
    record OfRecord(String name, Map<String, String> components) {}

    /** Empty if it is not that of a record. */
    static Optional<OfRecord> ofRecord(String schema) {
        int open = schema.indexOf('(');
        if (!schema.startsWith(RECORD) || open < 0 || !schema.endsWith(")")) {
            return Optional.empty();
        }
        Map<String, String> components = new LinkedHashMap<>();
        for (String part :
                split(schema.substring(open + 1, schema.length() - 1)).orElse(List.of(""))) {
            int colon = part.indexOf(':');
            if (colon < 0) {
                return Optional.empty();
            }
            components.put(part.substring(0, colon), part.substring(colon + 1));
        }
        return Optional.of(new OfRecord(schema.substring(RECORD.length(), open), components));
    }

    /**
     * A sealed interface, as it was.
     *
     * @param permitted the schemas of its records, by the number that is written before each
     */
    record OfSealed(String name, List<String> permitted) {}

    /** Empty if it is not that of a sealed interface. */
    static Optional<OfSealed> ofSealed(String schema) {
        int open = schema.indexOf('(');
        if (!schema.startsWith(SEALED) || open < 0 || !schema.endsWith(")")) {
            return Optional.empty();
        }
        return split(schema.substring(open + 1, schema.length() - 1))
                .map(permitted -> new OfSealed(schema.substring(SEALED.length(), open), permitted));
    }

    static String sealed(String name, List<String> permitted) {
        return SEALED + name + "(" + String.join(",", permitted) + ")";
    }

    /** At the commas that are in no brackets; empty if brackets don't match. */
    private static Optional<List<String>> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '<' || c == '(') {
                depth++;
            } else if (c == '>' || c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                parts.add(text.substring(start, i));
                start = i + 1;
            }
            if (depth < 0) {
                return Optional.empty();
            }
        }
        if (!text.isEmpty()) {
            parts.add(text.substring(start));
        }
        return depth == 0 ? Optional.of(parts) : Optional.empty();
    }

    static boolean isNullable(String schema) {
        return schema.endsWith("?");
    }

    /** Of a nullable one. */
    static String notNull(String schema) {
        return schema.substring(0, schema.length() - 1);
    }

    /**
     * Passes over what was written under a schema.
     *
     * @throws IncompatibleSchemaException if it is that of a serde of the user's own
     */
    static Consumer<BinaryReader> skipping(String schema) {
        if (isNullable(schema)) {
            Consumer<BinaryReader> value = skipping(notNull(schema));
            return in -> {
                if (in.readBoolean()) {
                    value.accept(in);
                }
            };
        }
        Optional<OfRecord> ofRecord = ofRecord(schema);
        if (ofRecord.isPresent()) {
            return all(ofRecord.get().components().values().stream()
                    .map(Schemas::skipping)
                    .toList());
        }
        Optional<OfSealed> ofSealed = ofSealed(schema);
        if (ofSealed.isPresent()) {
            List<Consumer<BinaryReader>> permitted =
                    ofSealed.get().permitted().stream().map(Schemas::skipping).toList();
            return in -> permitted
                    .get(SealedSerde.readNumber(in, permitted.size(), schema))
                    .accept(in);
        }
        Optional<List<String>> elements =
                arguments(schema, "list").or(() -> arguments(schema, "set")).or(() -> arguments(schema, "map"));
        if (elements.isPresent()) {
            Consumer<BinaryReader> each =
                    all(elements.get().stream().map(Schemas::skipping).toList());
            return in -> {
                for (int left = in.readCount(); left > 0; left--) {
                    each.accept(in);
                }
            };
        }
        return schema.startsWith(ENUM) ? in -> in.skip(in.readLength()) : skippingWord(schema);
    }

    private static Consumer<BinaryReader> all(List<Consumer<BinaryReader>> parts) {
        return in -> parts.forEach(part -> part.accept(in));
    }

    private static Consumer<BinaryReader> skippingWord(String word) {
        return switch (word) {
            case "bool", "i8" -> in -> in.skip(Byte.BYTES);
            case "i16", "char" -> in -> in.skip(Short.BYTES);
            case "i32" -> BinaryReader::readVarInt;
            case "i64", "date", "time" -> BinaryReader::readVarLong;
            case "f32" -> in -> in.skip(Float.BYTES);
            case "f64" -> in -> in.skip(Double.BYTES);
            case "string", "bytes", "bigint" -> in -> in.skip(in.readLength());
            case "decimal" ->
                in -> {
                    in.readVarInt();
                    in.skip(in.readLength());
                };
            case "instant", "duration" ->
                in -> {
                    in.readVarLong();
                    in.readUnsignedVarInt();
                };
            case "datetime" ->
                in -> {
                    in.readVarLong();
                    in.readVarLong();
                };
            case "offsetdatetime" ->
                in -> {
                    in.readVarLong();
                    in.readVarLong();
                    in.readVarInt();
                };
            case "uuid" -> in -> in.skip(2 * Long.BYTES);
            default -> throw IncompatibleSchemaException.notPassedOver(word);
        };
    }
}
