package io.selvage.protocol.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the text of a setting becomes a value, and back.
 *
 * @param unit what the value counts, for the documentation: "duration", "memory", "number", ...
 * @param allowed what the text may be, as the end of a sentence
 * @param parser answers the value, or throws {@link IllegalArgumentException} if the text is not allowed
 * @param printer the inverse of the parser
 */
public record ValueType<T>(String unit, String allowed, Function<String, T> parser, Function<T, String> printer) {
    private static final String UNLIMITED = "unlimited";
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})\\s*([a-zA-Z]*)");

    /** Any text, with no white space around it. */
    public static ValueType<String> text() {
        return new ValueType<>("text", "any text", text -> text, value -> value);
    }

    public static ValueType<String> text(String allowed, Pattern pattern) {
        return new ValueType<>(
                "text",
                allowed,
                text -> {
                    require(pattern.matcher(text).matches());
                    return text;
                },
                value -> value);
    }

    /** Texts parted by commas, in their order and each once; none if nothing is written. */
    public static ValueType<List<String>> list(String allowed, Pattern item, int most) {
        return new ValueType<>(
                "list",
                allowed,
                text -> {
                    List<String> items = text.isBlank()
                            ? List.of()
                            : Arrays.stream(text.split(",", -1))
                                    .map(String::strip)
                                    .distinct()
                                    .toList();
                    require(items.size() <= most
                            && items.stream()
                                    .allMatch(each -> item.matcher(each).matches()));
                    return items;
                },
                items -> String.join(",", items));
    }

    /** A regular expression of Java, as its text. */
    public static ValueType<String> regularExpression() {
        return new ValueType<>(
                "text",
                "a regular expression of Java, such as .*\\.log\\.[0-9]+",
                text -> Pattern.compile(text).pattern(),
                value -> value);
    }

    /** A whole number, or nothing. */
    public static ValueType<OptionalInt> optionalInteger(int minimum) {
        return new ValueType<>(
                "number",
                "empty, or a whole number of " + minimum + " or more",
                text -> {
                    OptionalInt value = text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text));
                    require(value.orElse(minimum) >= minimum);
                    return value;
                },
                value -> value.isPresent() ? Integer.toString(value.getAsInt()) : "");
    }

    public static ValueType<Integer> integer(int minimum, int maximum) {
        String allowed = maximum == Integer.MAX_VALUE
                ? "a whole number of " + minimum + " or more"
                : "a whole number from " + minimum + " to " + maximum;
        return new ValueType<>(
                "number",
                allowed,
                text -> {
                    int value = Integer.parseInt(text);
                    require(value >= minimum && value <= maximum);
                    return value;
                },
                value -> Integer.toString(value));
    }

    /** A whole number; {@code Integer.MAX_VALUE} is written as "unlimited". */
    public static ValueType<Integer> integerOrUnlimited(int minimum) {
        return new ValueType<>(
                "number",
                "a whole number of " + minimum + " or more, or " + UNLIMITED,
                text -> {
                    int value = text.equals(UNLIMITED) ? Integer.MAX_VALUE : Integer.parseInt(text);
                    require(value >= minimum);
                    return value;
                },
                value -> value == Integer.MAX_VALUE ? UNLIMITED : Integer.toString(value));
    }

    public static ValueType<Double> decimal(double minimum, double maximum) {
        return new ValueType<>(
                "number",
                "a number from " + minimum + " to " + maximum,
                text -> {
                    double value = Double.parseDouble(text);
                    require(value >= minimum && value <= maximum);
                    return value;
                },
                value -> Double.toString(value));
    }

    /** A whole number with a unit: 250ms, 10s, 5min, 1h, 2d. */
    public static ValueType<Duration> duration(Duration minimum) {
        String least = minimum.isZero() ? "" : ", at least " + printDuration(minimum);
        return new ValueType<>(
                "duration",
                "a whole number with a unit of ms, s, min, h or d, such as 250ms or 10s" + least,
                text -> {
                    Duration value = parseDuration(text);
                    require(value.compareTo(minimum) >= 0);
                    return value;
                },
                ValueType::printDuration);
    }

    /** A whole number with a unit, powers of 1024: 32k, 512m, 1g. */
    public static ValueType<MemorySize> memory(MemorySize minimum, MemorySize maximum) {
        return new ValueType<>(
                "memory",
                "a whole number with a unit of k, m or g, such as 512m or 1g, from " + minimum + " to " + maximum,
                text -> {
                    MemorySize value = parseMemory(text);
                    require(value.compareTo(minimum) >= 0 && value.compareTo(maximum) <= 0);
                    return value;
                },
                MemorySize::toString);
    }

    /** A constant's name, in lower case, with hyphens for underscores. */
    public static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
        List<E> constants = Arrays.asList(type.getEnumConstants());
        Function<E, String> printer =
                constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return new ValueType<>(
                "choice",
                "one of " + constants.stream().map(printer).collect(Collectors.joining(", ")),
                text -> constants.stream()
                        .filter(constant -> printer.apply(constant).equals(text))
                        .findFirst()
                        .orElseThrow(IllegalArgumentException::new),
                printer);
    }

    public static ValueType<Boolean> truth() {
        return new ValueType<>(
                "choice",
                "true or false",
                text -> {
                    require(text.equals("true") || text.equals("false"));
                    return text.equals("true");
                },
                value -> Boolean.toString(value));
    }

    private static Duration parseDuration(String text) {
        Matcher matcher = QUANTITY.matcher(text);
        require(matcher.matches());
        long count = Long.parseLong(matcher.group(1));
        try {
            return switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "min", "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                case "d" -> Duration.ofDays(count);
                default -> throw new IllegalArgumentException();
            };
        } catch (ArithmeticException tooLong) {
            throw new IllegalArgumentException(tooLong);
        }
    }

    private static String printDuration(Duration value) {
        long millis = value.toMillis();
        if (millis == 0) {
            return "0s";
        }
        if (millis % 1_000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1_000;
        if (seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds % 3_600 == 0) {
            return seconds / 3_600 + "h";
        }
        return seconds % 60 == 0 ? seconds / 60 + "min" : seconds + "s";
    }

    private static MemorySize parseMemory(String text) {
        Matcher matcher = QUANTITY.matcher(text);
        require(matcher.matches());
        long count = Long.parseLong(matcher.group(1));
        int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k", "kb", "kib" -> 10;
            case "m", "mb", "mib" -> 20;
            case "g", "gb", "gib" -> 30;
            default -> throw new IllegalArgumentException();
        };
        require(count <= Long.MAX_VALUE >> shift);
        return new MemorySize(count << shift);
    }

    private static void require(boolean allowed) {
        if (!allowed) {
            throw new IllegalArgumentException();
        }
    }
}
