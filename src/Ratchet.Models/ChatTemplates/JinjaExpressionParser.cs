using System.Globalization;

namespace Ratchet.Models.ChatTemplates;

/// <summary>Reads expressions, from the loosest binding (inline condition) to the tightest (attributes, calls and filters).</summary>
internal sealed class JinjaExpressionParser(JinjaTokens tokens)
{
    private const int MaxDepth = 200;

    private int _depth;

    /// <summary>An expression with its inline condition.</summary>
    public JinjaExpression Full()
    {
        if (++_depth > MaxDepth)
            throw tokens.Unexpected($"expressions lie more than {MaxDepth} deep");
        var value = Or();
        while (tokens.TryTakeName("if"))
        {
            var (yes, condition) = (value, Or());
            JinjaExpression no = tokens.TryTakeName("else") ? Full() : _ => new JinjaUndefined("else");
            value = scope => JinjaValue.IsTrue(condition(scope)) ? yes(scope) : no(scope);
        }

        _depth--;
        return value;
    }

    /// <summary>An expression, or several with commas between them as a list.</summary>
    public JinjaExpression FullOrTuple()
    {
        var first = Full();
        if (!tokens.TryTake(","))
            return first;
        var all = new List<JinjaExpression> { first };
        do
            all.Add(Full());
        while (tokens.TryTake(","));
        return scope => all.ConvertAll(e => e(scope));
    }

    /// <summary>An expression without inline condition.</summary>
    public JinjaExpression Or()
    {
        var left = And();
        while (tokens.TryTakeName("or"))
        {
            var (a, b) = (left, And());
            left = scope => a(scope) is var value && JinjaValue.IsTrue(value) ? value : b(scope);
        }

        return left;
    }

    private JinjaExpression And()
    {
        var left = Not();
        while (tokens.TryTakeName("and"))
        {
            var (a, b) = (left, Not());
            left = scope => a(scope) is var value && !JinjaValue.IsTrue(value) ? value : b(scope);
        }

        return left;
    }

    private JinjaExpression Not()
    {
        if (!tokens.TryTakeName("not"))
            return Comparison();
        if (++_depth > MaxDepth)
            throw tokens.Unexpected($"expressions lie more than {MaxDepth} deep");
        var value = Not();
        _depth--;
        return scope => !JinjaValue.IsTrue(value(scope));
    }

    private JinjaExpression Comparison()
    {
        var left = Sum();
        JinjaExpression? chain = null;
        while (true)
        {
            Func<object?, object?, bool> holds;
            if (tokens.TryTake("=="))
                holds = JinjaValue.Equals;
            else if (tokens.TryTake("!="))
                holds = (a, b) => !JinjaValue.Equals(a, b);
            else if (tokens.TryTake("<="))
                holds = (a, b) => JinjaValue.Compare(a, b) <= 0;
            else if (tokens.TryTake(">="))
                holds = (a, b) => JinjaValue.Compare(a, b) >= 0;
            else if (tokens.TryTake("<"))
                holds = (a, b) => JinjaValue.Compare(a, b) < 0;
            else if (tokens.TryTake(">"))
                holds = (a, b) => JinjaValue.Compare(a, b) > 0;
            else if (tokens.TryTakeName("in"))
                holds = JinjaOperators.In;
            else if (tokens.IsName("not") && tokens.Peek(1) is { Kind: JinjaTokenKind.Name, Text: "in" } && tokens.Next() is var _ && tokens.Next() is var _)
                holds = (a, b) => !JinjaOperators.In(a, b);
            else
                break;

            // a < b < c holds where both comparisons hold.
            var (a, b, before) = (left, Sum(), chain);
            chain = scope => (before is null || JinjaValue.IsTrue(before(scope))) && holds(a(scope), b(scope));
            left = b;
        }

        return chain ?? left;
    }

    private JinjaExpression Sum()
    {
        var left = Concatenation();
        while (true)
        {
            Func<object?, object?, object?> apply;
            if (tokens.TryTake("+"))
                apply = JinjaOperators.Add;
            else if (tokens.TryTake("-"))
                apply = JinjaOperators.Subtract;
            else
                return left;
            var (a, b) = (left, Concatenation());
            left = scope => apply(a(scope), b(scope));
        }
    }

    private JinjaExpression Concatenation()
    {
        var left = Product();
        while (tokens.TryTake("~"))
        {
            var (a, b) = (left, Product());
            left = scope => JinjaOperators.Bounded(JinjaValue.Text(a(scope)) + JinjaValue.Text(b(scope)));
        }

        return left;
    }

    private JinjaExpression Product()
    {
        var left = Sign();
        while (true)
        {
            Func<object?, object?, object?> apply;
            if (tokens.TryTake("*"))
                apply = JinjaOperators.Multiply;
            else if (tokens.TryTake("//"))
                apply = JinjaOperators.FloorDivide;
            else if (tokens.TryTake("/"))
                apply = JinjaOperators.Divide;
            else if (tokens.TryTake("%"))
                apply = JinjaOperators.Remainder;
            else
                return left;
            var (a, b) = (left, Sign());
            left = scope => apply(a(scope), b(scope));
        }
    }

    private JinjaExpression Sign()
    {
        if (tokens.TryTake("-"))
        {
            var value = Power();
            return scope => JinjaOperators.Subtract(0L, value(scope));
        }

        tokens.TryTake("+");
        return Power();
    }

    private JinjaExpression Power()
    {
        var value = Tests(Suffixes(Primary()));
        if (!tokens.TryTake("**"))
            return value;
        var exponent = Sign();
        return scope => JinjaOperators.Power(value(scope), exponent(scope));
    }

    private JinjaExpression Tests(JinjaExpression value)
    {
        while (tokens.TryTakeName("is"))
        {
            var negate = tokens.TryTakeName("not");
            var name = tokens.Take(JinjaTokenKind.Name, "the name of a test").Text;
            var test = JinjaTests.Find(name) ?? throw tokens.Unexpected($"the test '{name}' is not supported");
            JinjaExpression? argument = null;
            if (tokens.TryTake("("))
            {
                argument = Full();
                tokens.TakeSign(")");
            }
            else if (JinjaTests.TakesArgument(name))
            {
                argument = Suffixes(Primary());
            }

            var tested = value;
            value = scope => test(tested(scope), argument?.Invoke(scope)) != negate;
        }

        return value;
    }

    private JinjaExpression Suffixes(JinjaExpression value)
    {
        while (true)
        {
            var line = tokens.Current.Line;
            var target = value;
            if (tokens.TryTake("."))
            {
                var name = tokens.Current.Kind == JinjaTokenKind.Number ? tokens.Next().Text : tokens.Take(JinjaTokenKind.Name, "the name of an attribute").Text;
                value = scope => JinjaOperators.Attribute(target(scope), name);
            }
            else if (tokens.TryTake("["))
            {
                value = Index(target);
            }
            else if (tokens.TryTake("("))
            {
                var call = Arguments();
                value = scope =>
                {
                    var function = target(scope) as JinjaFunction ?? throw new JinjaException($"line {line}: {JinjaValue.Kind(target(scope))} cannot be called");
                    var (arguments, named) = call(scope);
                    return function(arguments, named);
                };
            }
            else if (tokens.TryTake("|"))
            {
                var name = tokens.Take(JinjaTokenKind.Name, "the name of a filter").Text;
                var filter = JinjaFilters.Find(name) ?? throw tokens.Unexpected($"the filter '{name}' is not supported");
                var call = tokens.TryTake("(") ? Arguments() : _ => ([], new Dictionary<string, object?>());
                value = scope =>
                {
                    var (arguments, named) = call(scope);
                    return filter(target(scope), new JinjaArguments(name, arguments, named));
                };
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression Index(JinjaExpression target)
    {
        JinjaExpression? start = null, stop = null, step = null;
        var slice = false;
        if (tokens.Current.Text != ":")
            start = Full();
        if (tokens.TryTake(":"))
        {
            slice = true;
            if (tokens.Current.Kind != JinjaTokenKind.Sign || tokens.Current.Text is not (":" or "]"))
                stop = Full();
            if (tokens.TryTake(":") && tokens.Current.Text != "]")
                step = Full();
        }

        tokens.TakeSign("]");
        return slice
            ? scope => JinjaOperators.Slice(target(scope), start?.Invoke(scope), stop?.Invoke(scope), step?.Invoke(scope))
            : scope => JinjaOperators.Item(target(scope), start!(scope));
    }

    private Func<JinjaScope, (IReadOnlyList<object?> Arguments, IReadOnlyDictionary<string, object?> Named)> Arguments()
    {
        var places = new List<JinjaExpression>();
        var names = new List<(string Name, JinjaExpression Value)>();
        while (!tokens.TryTake(")"))
        {
            if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Peek(1) is { Kind: JinjaTokenKind.Sign, Text: "=" })
            {
                var name = tokens.Next().Text;
                tokens.Next();
                names.Add((name, Full()));
            }
            else
            {
                places.Add(Full());
            }

            if (!tokens.TryTake(","))
            {
                tokens.TakeSign(")");
                break;
            }
        }

        return scope => (places.ConvertAll(p => p(scope)), names.ToDictionary(n => n.Name, n => n.Value(scope)));
    }

    private JinjaExpression Primary()
    {
        var token = tokens.Next();
        switch (token.Kind)
        {
            case JinjaTokenKind.String:
                var text = token.Text;
                while (tokens.Current.Kind == JinjaTokenKind.String)
                    text += tokens.Next().Text;
                return _ => text;
            case JinjaTokenKind.Number:
                var digits = token.Text.Replace("_", string.Empty, StringComparison.Ordinal);
                if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
                    return _ => whole;
                var number = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var fraction) ? fraction : throw tokens.Unexpected($"'{token.Text}' is no number");
                return _ => number;
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => _ => true,
                    "false" or "False" => _ => false,
                    "none" or "None" => _ => null,
                    var name => scope => scope.Get(name),
                };
            case JinjaTokenKind.Sign when token.Text == "(":
                return Bracketed();
            case JinjaTokenKind.Sign when token.Text == "[":
                var items = Until("]");
                return scope => items.ConvertAll(i => i(scope));
            case JinjaTokenKind.Sign when token.Text == "{":
                return Dictionary();
            default:
                throw tokens.Unexpected($"a value was expected instead of '{token.Text}'");
        }
    }

    private JinjaExpression Bracketed()
    {
        if (tokens.TryTake(")"))
            return _ => new List<object?>();
        var first = Full();
        if (tokens.TryTake(","))
        {
            List<JinjaExpression> all = [first, .. Until(")")];
            return scope => all.ConvertAll(e => e(scope));
        }

        tokens.TakeSign(")");
        return first;
    }

    private List<JinjaExpression> Until(string close)
    {
        var items = new List<JinjaExpression>();
        while (!tokens.TryTake(close))
        {
            items.Add(Full());
            if (!tokens.TryTake(","))
            {
                tokens.TakeSign(close);
                break;
            }
        }

        return items;
    }

    private JinjaExpression Dictionary()
    {
        var entries = new List<(JinjaExpression Key, JinjaExpression Value)>();
        while (!tokens.TryTake("}"))
        {
            var key = Full();
            tokens.TakeSign(":");
            entries.Add((key, Full()));
            if (!tokens.TryTake(","))
            {
                tokens.TakeSign("}");
                break;
            }
        }

        return scope =>
        {
            var map = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
            foreach (var (key, value) in entries)
                map[JinjaValue.String(key(scope))] = value(scope);
            return map;
        };
    }
}
