using System.Globalization;
using System.Text;

namespace Ratchet.Models.ChatTemplates;

/// <summary>The functions that every template can call.</summary>
internal static class JinjaFunctions
{
    private const int MaxRange = 100_000;

    public static void AddTo(JinjaScope scope)
    {
        scope.Set("raise_exception", (JinjaFunction)((arguments, _) => throw new JinjaException(arguments.Count > 0 ? JinjaValue.Text(arguments[0]) : "it refuses the conversation", raised: true)));
        scope.Set("namespace", (JinjaFunction)((arguments, named) =>
        {
            var space = new JinjaNamespace();
            foreach (var map in arguments.OfType<OrderedDictionary<string, object?>>())
            {
                foreach (var (name, value) in map)
                    space.Values[name] = value;
            }

            foreach (var (name, value) in named)
                space.Values[name] = value;
            return space;
        }));
        scope.Set("dict", (JinjaFunction)((_, named) => JinjaValue.Map(named)));
        scope.Set("range", (JinjaFunction)((arguments, _) => Range([.. arguments.Select(JinjaValue.Whole)])));
        scope.Set("strftime_now", (JinjaFunction)((arguments, _) => Format(scope.Time.GetLocalNow(), arguments.Count > 0 ? JinjaValue.String(arguments[0]) : string.Empty)));
    }

    private static List<object?> Range(long[] bounds)
    {
        var (start, stop, step) = bounds switch
        {
            [var end] => (0, end, 1),
            [var begin, var end] => (begin, end, 1),
            [var begin, var end, not 0] => (begin, end, bounds[2]),
            _ => throw new JinjaException("range takes one to three numbers, the third not 0"),
        };
        var result = new List<object?>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (result.Count == MaxRange)
                throw new JinjaException($"range gives more than {MaxRange} numbers");
            result.Add(i);
        }

        return result;
    }

    private static string Format(DateTimeOffset now, string format)
    {
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            result.Append(format[++i] switch
            {
                'd' => now.ToString("dd", CultureInfo.InvariantCulture),
                'm' => now.ToString("MM", CultureInfo.InvariantCulture),
                'b' => now.ToString("MMM", CultureInfo.InvariantCulture),
                'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
                'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
                'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
                'y' => now.ToString("yy", CultureInfo.InvariantCulture),
                'Y' => now.ToString("yyyy", CultureInfo.InvariantCulture),
                'H' => now.ToString("HH", CultureInfo.InvariantCulture),
                'I' => now.ToString("hh", CultureInfo.InvariantCulture),
                'M' => now.ToString("mm", CultureInfo.InvariantCulture),
                'S' => now.ToString("ss", CultureInfo.InvariantCulture),
                'p' => now.ToString("tt", CultureInfo.InvariantCulture),
                '%' => "%",
                var other => throw new JinjaException($"the date part '%{other}' is not supported"),
            });
        }

        return result.ToString();
    }
}
