using System.Text;

namespace Ratchet.Models.ChatTemplates;

/// <summary>A part of a template that is run: writes to the output.</summary>
internal delegate JinjaFlow JinjaStatement(JinjaScope scope, JinjaOutput output);

/// <summary>A part of a template that has a value.</summary>
internal delegate object? JinjaExpression(JinjaScope scope);

/// <summary>A function, macro or method.</summary>
/// <param name="arguments">Arguments by place.</param>
/// <param name="named">Arguments by name.</param>
internal delegate object? JinjaFunction(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);

/// <summary>How a statement ended.</summary>
internal enum JinjaFlow
{
    /// <summary>The next one follows.</summary>
    Next,

    /// <summary>The loop ends.</summary>
    Break,

    /// <summary>The loop's next turn follows.</summary>
    Continue,
}

/// <summary>What a template writes, bounded.</summary>
internal sealed class JinjaOutput
{
    /// <summary>Most characters of a text that a template makes.</summary>
    public const int MaxLength = 1 << 26;

    private readonly StringBuilder _text = new();

    public void Write(string text)
    {
        if (_text.Length + (long)text.Length > MaxLength)
            throw new JinjaException($"it writes more than {MaxLength} characters");
        _text.Append(text);
    }

    public override string ToString() => _text.ToString();
}

/// <summary>Variables in reach, and the run's bounds.</summary>
internal sealed class JinjaScope
{
    private const int MaxDepth = 64;
    private const int MaxSteps = 10_000_000;

    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);
    private readonly JinjaScope? _outer;
    private readonly JinjaScope _root;
    private readonly int _depth;
    private int _steps;

    public JinjaScope(TimeProvider time)
    {
        _root = this;
        Time = time;
        JinjaFunctions.AddTo(this);
    }

    private JinjaScope(JinjaScope outer, JinjaScope root, int depth) => (_outer, _root, _depth, Time) = (outer, root, depth, outer.Time);

    public TimeProvider Time { get; }

    public void Set(string name, object? value) => _variables[name] = value;

    public object? Get(string name)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._variables.TryGetValue(name, out var value))
                return value;
        }

        return new JinjaUndefined(name);
    }

    /// <summary>The scope of one turn of a loop.</summary>
    public JinjaScope Inner()
    {
        Step();
        return new JinjaScope(this, _root, _depth);
    }

    /// <summary>The scope of a macro's call: sees the template's own variables only.</summary>
    /// <param name="caller">Scope of the call.</param>
    public JinjaScope Call(JinjaScope caller)
    {
        Step();
        return caller._depth < MaxDepth ? new JinjaScope(_root, _root, caller._depth + 1) : throw new JinjaException($"macros call each other more than {MaxDepth} deep");
    }

    private void Step()
    {
        if (++_root._steps > MaxSteps)
            throw new JinjaException($"it takes more than {MaxSteps} steps");
    }
}
