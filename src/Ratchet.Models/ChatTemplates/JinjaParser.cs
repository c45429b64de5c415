namespace Ratchet.Models.ChatTemplates;

/// <summary>Turns a template into a program: statements here, expressions in <see cref="JinjaExpressionParser"/>.</summary>
internal sealed class JinjaParser
{
    private const int MaxDepth = 100;

    private readonly JinjaTokens _tokens;
    private readonly JinjaExpressionParser _expressions;
    private int _depth;

    private JinjaParser(JinjaTokens tokens)
    {
        _tokens = tokens;
        _expressions = new JinjaExpressionParser(tokens);
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="JinjaException">It uses something that is not supported; the message names it with its line.</exception>
    public static JinjaStatement Parse(string source)
    {
        var parser = new JinjaParser(new JinjaTokens(JinjaLexer.Read(source)));
        var body = parser.Body();
        if (parser._tokens.Current.Kind != JinjaTokenKind.End)
            throw parser._tokens.Unexpected($"'{parser._tokens.Peek(1).Text}' closes nothing");
        return body;
    }

    /// <summary>Statements up to the end or to a block that begins with one of some names, which is left.</summary>
    private JinjaStatement Body(params string[] ends)
    {
        if (++_depth > MaxDepth)
            throw _tokens.Unexpected($"blocks lie more than {MaxDepth} deep");
        var statements = new List<JinjaStatement>();
        while (true)
        {
            var token = _tokens.Current;
            if (token.Kind == JinjaTokenKind.Text)
            {
                _tokens.Next();
                statements.Add((_, output) =>
                {
                    output.Write(token.Text);
                    return JinjaFlow.Next;
                });
            }
            else if (token.Kind == JinjaTokenKind.OpenExpression)
            {
                _tokens.Next();
                var value = _expressions.Full();
                _tokens.Take(JinjaTokenKind.CloseExpression, "}}");
                statements.Add((scope, output) =>
                {
                    output.Write(JinjaValue.Text(value(scope)));
                    return JinjaFlow.Next;
                });
            }
            else if (token.Kind == JinjaTokenKind.OpenBlock && !ends.Contains(_tokens.Peek(1).Text) && !_tokens.Peek(1).Text.StartsWith("end", StringComparison.Ordinal))
            {
                _tokens.Next();
                statements.Add(AtLine(token.Line, Block()));
            }
            else
            {
                break;
            }
        }

        _depth--;
        return Run(statements);
    }

    private static JinjaStatement Run(List<JinjaStatement> statements) => (scope, output) =>
    {
        foreach (var statement in statements)
        {
            if (statement(scope, output) is var flow && flow != JinjaFlow.Next)
                return flow;
        }

        return JinjaFlow.Next;
    };

    private static JinjaStatement AtLine(int line, JinjaStatement statement) => (scope, output) =>
    {
        try
        {
            return statement(scope, output);
        }
        catch (JinjaException e) when (!e.Raised && !e.Message.StartsWith("line ", StringComparison.Ordinal))
        {
            throw new JinjaException($"line {line}: {e.Message}");
        }
    };

    private JinjaStatement Block()
    {
        var name = _tokens.Take(JinjaTokenKind.Name, "the name of a block").Text;
        switch (name)
        {
            case "if":
                return If();
            case "for":
                return For();
            case "set":
                return Set();
            case "macro":
                return Macro();
            case "break" or "continue":
                CloseBlock();
                var flow = name == "break" ? JinjaFlow.Break : JinjaFlow.Continue;
                return (_, _) => flow;
            case "generation":
                // Marks what the model itself says; it writes nothing.
                CloseBlock();
                var body = Body("endgeneration");
                End("endgeneration");
                return body;
            default:
                throw _tokens.Unexpected($"the block '{name}' is not supported");
        }
    }

    private void CloseBlock() => _tokens.Take(JinjaTokenKind.CloseBlock, "%}");

    private void End(string name)
    {
        if (_tokens.Current.Kind != JinjaTokenKind.OpenBlock || _tokens.Peek(1).Text != name)
            throw _tokens.Unexpected($"'{name}' is missing");
        _tokens.Next();
        _tokens.Next();
        CloseBlock();
    }

    private bool AtBlock(string name) => _tokens.Current.Kind == JinjaTokenKind.OpenBlock && _tokens.Peek(1).Text == name;

    private JinjaStatement If()
    {
        var branches = new List<(JinjaExpression Condition, JinjaStatement Body)>();
        JinjaStatement otherwise = (_, _) => JinjaFlow.Next;
        while (true)
        {
            var condition = _expressions.Full();
            CloseBlock();
            branches.Add((condition, Body("elif", "else")));
            if (!AtBlock("elif"))
                break;
            _tokens.Next();
            _tokens.Next();
        }

        if (AtBlock("else"))
        {
            _tokens.Next();
            _tokens.Next();
            CloseBlock();
            otherwise = Body();
        }

        End("endif");
        return (scope, output) =>
        {
            foreach (var (condition, body) in branches)
            {
                if (JinjaValue.IsTrue(condition(scope)))
                    return body(scope, output);
            }

            return otherwise(scope, output);
        };
    }

    private JinjaStatement For()
    {
        var names = Names();
        _tokens.TakeName("in");
        var list = _expressions.Or();
        var condition = _tokens.TryTakeName("if") ? _expressions.Full() : null;
        CloseBlock();
        var body = Body("else");
        JinjaStatement? otherwise = null;
        if (AtBlock("else"))
        {
            _tokens.Next();
            _tokens.Next();
            CloseBlock();
            otherwise = Body();
        }

        End("endfor");
        return (scope, output) =>
        {
            var items = JinjaValue.Items(list(scope));
            if (condition is not null)
            {
                items = [.. items.Where(item =>
                {
                    var inner = scope.Inner();
                    Unpack(inner, names, item);
                    return JinjaValue.IsTrue(condition(inner));
                })];
            }

            for (var i = 0; i < items.Count; i++)
            {
                var inner = scope.Inner();
                inner.Set("loop", Loop(items, i));
                Unpack(inner, names, items[i]);
                if (body(inner, output) == JinjaFlow.Break)
                    break;
            }

            return items.Count == 0 && otherwise is not null ? otherwise(scope, output) : JinjaFlow.Next;
        };
    }

    private static OrderedDictionary<string, object?> Loop(IReadOnlyList<object?> items, int i) => new(StringComparer.Ordinal)
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)items.Count - i,
        ["revindex0"] = items.Count - i - 1L,
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["previtem"] = i == 0 ? new JinjaUndefined("previtem") : items[i - 1],
        ["nextitem"] = i == items.Count - 1 ? new JinjaUndefined("nextitem") : items[i + 1],
    };

    private List<string> Names()
    {
        var bracket = _tokens.TryTake("(");
        var names = new List<string> { _tokens.Take(JinjaTokenKind.Name, "a name").Text };
        while (_tokens.TryTake(","))
            names.Add(_tokens.Take(JinjaTokenKind.Name, "a name").Text);
        if (bracket)
            _tokens.TakeSign(")");
        return names;
    }

    private static void Unpack(JinjaScope scope, List<string> names, object? value)
    {
        if (names.Count == 1)
        {
            scope.Set(names[0], value);
            return;
        }

        var parts = JinjaValue.Items(value);
        if (parts.Count != names.Count)
            throw new JinjaException($"{parts.Count} values cannot be given to {names.Count} names");
        for (var i = 0; i < names.Count; i++)
            scope.Set(names[i], parts[i]);
    }

    private JinjaStatement Set()
    {
        var names = Names();
        var attribute = names.Count == 1 && _tokens.TryTake(".") ? _tokens.Take(JinjaTokenKind.Name, "a name").Text : null;
        JinjaExpression value;
        if (_tokens.TryTake("="))
        {
            value = _expressions.FullOrTuple();
            CloseBlock();
        }
        else
        {
            CloseBlock();
            var body = Body();
            End("endset");
            value = scope =>
            {
                var text = new JinjaOutput();
                body(scope, text);
                return text.ToString();
            };
        }

        return (scope, _) =>
        {
            if (attribute is null)
                Unpack(scope, names, value(scope));
            else if (scope.Get(names[0]) is JinjaNamespace target)
                target.Values[attribute] = value(scope);
            else
                throw new JinjaException($"'{names[0]}' is no namespace, so '{attribute}' of it cannot be set");
            return JinjaFlow.Next;
        };
    }

    private JinjaStatement Macro()
    {
        var name = _tokens.Take(JinjaTokenKind.Name, "the name of a macro").Text;
        var parameters = new List<(string Name, JinjaExpression? Default)>();
        _tokens.TakeSign("(");
        while (!_tokens.TryTake(")"))
        {
            var parameter = _tokens.Take(JinjaTokenKind.Name, "a name").Text;
            parameters.Add((parameter, _tokens.TryTake("=") ? _expressions.Full() : null));
            if (!_tokens.TryTake(","))
            {
                _tokens.TakeSign(")");
                break;
            }
        }

        CloseBlock();
        var body = Body();
        End("endmacro");
        return (scope, _) =>
        {
            var caller = scope;
            scope.Set(name, (JinjaFunction)((arguments, named) =>
            {
                var before = caller;
                var inner = scope.Call(caller);
                for (var i = 0; i < parameters.Count; i++)
                {
                    var (parameter, standard) = parameters[i];
                    inner.Set(parameter, i < arguments.Count ? arguments[i] : named.TryGetValue(parameter, out var value) ? value : standard is not null ? standard(inner) : new JinjaUndefined(parameter));
                }

                if (arguments.Count > parameters.Count)
                    throw new JinjaException($"the macro '{name}' takes {parameters.Count} arguments, not {arguments.Count}");

                // The depth of calls follows the macro that is running, whoever called it.
                caller = inner;
                try
                {
                    var text = new JinjaOutput();
                    body(inner, text);
                    return text.ToString();
                }
                finally
                {
                    caller = before;
                }
            }));
            return JinjaFlow.Next;
        };
    }
}
