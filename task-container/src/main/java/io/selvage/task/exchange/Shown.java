package io.selvage.task.exchange;

/** What a user's object says of itself, for a message. */
public final class Shown {
    public static final int MOST_CHARACTERS = 200;

    private Shown() {}

    /** One line, shortened; also if its {@code toString} throws. */
    public static String of(Object value) {
        String text;
        try {
            text = String.valueOf(value);
        } catch (RuntimeException e) {
            text = value.getClass().getName() + ", whose toString() throws "
                    + e.getClass().getName();
        }
        String line = text.replace('\n', ' ');
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "[...]";
    }
}
