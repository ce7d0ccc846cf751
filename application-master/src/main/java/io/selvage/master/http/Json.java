package io.selvage.master.http;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Messages of the wire as JSON: every field by its proto name, defaults included. Pure. */
final class Json {
    private Json() {}

    static String of(Message message) {
        return message.getDescriptorForType().getFields().stream()
                .filter(field -> field.isRepeated() || !field.hasPresence() || message.hasField(field))
                .map(field -> quote(field.getName()) + ":" + value(field, message.getField(field)))
                .collect(Collectors.joining(",", "{", "}"));
    }

    static String ofAll(Collection<? extends Message> messages) {
        return messages.stream().map(Json::of).collect(Collectors.joining(",", "[", "]"));
    }

    private static String value(FieldDescriptor field, Object value) {
        if (field.isRepeated()) {
            return ((List<?>) value)
                    .stream().map(item -> single(field, item)).collect(Collectors.joining(",", "[", "]"));
        }
        return single(field, value);
    }

    private static String single(FieldDescriptor field, Object value) {
        return switch (field.getJavaType()) {
            case INT, LONG, FLOAT, DOUBLE, BOOLEAN -> value.toString();
            case STRING -> quote((String) value);
            case ENUM -> quote(((EnumValueDescriptor) value).getName());
            case MESSAGE -> of((Message) value);
            case BYTE_STRING -> throw new IllegalArgumentException("Bytes are not shown: " + field.getFullName());
        };
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    // Also what would end a script element or a line of JavaScript.
                    if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
