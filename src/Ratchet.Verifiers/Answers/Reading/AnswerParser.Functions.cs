using Ratchet.Verifiers.Answers.Algebra;

namespace Ratchet.Verifiers.Answers.Reading;

internal sealed partial class AnswerParser
{
    private static Function FunctionOf(string name) => name switch
    {
        "sin" => Function.Sin,
        "cos" => Function.Cos,
        "tan" => Function.Tan,
        "cot" => Function.Cot,
        "sec" => Function.Sec,
        "csc" => Function.Csc,
        "arcsin" => Function.Arcsin,
        "arccos" => Function.Arccos,
        "arctan" => Function.Arctan,
        "arccot" => Function.Arccot,
        "sinh" => Function.Sinh,
        "cosh" => Function.Cosh,
        "tanh" => Function.Tanh,
        "arsinh" => Function.Arsinh,
        "arcosh" => Function.Arcosh,
        "artanh" => Function.Artanh,
        "ln" or "log" or "lg" => Function.Log,
        "exp" => Function.Exp,
        "abs" => Function.Abs,
        "floor" => Function.Floor,
        "ceil" => Function.Ceiling,
        "gcd" => Function.Gcd,
        "lcm" => Function.Lcm,
        "max" => Function.Max,
        "min" => Function.Min,
        "Re" => Function.Re,
        "Im" => Function.Im,
        _ => throw new UndecidedException(AnswerReason.NotSupported, $"{name} is not read here"),
    };

    /// <summary>A function with its subscript, exponent and argument: \log_2 x, \sin^2 x, \tan^{-1}(x).</summary>
    private Node Applied(string name)
    {
        var function = FunctionOf(name);
        Node? @base = name == "lg" ? new NumberNode(10) : null;
        Node? exponent = null;
        while (Current.Is('_') || Current.Is('^'))
        {
            var isBase = Current.Is('_');
            _at++;
            if (isBase)
                @base = Current.Kind == TokenKind.Number ? LogBase() : Primary();
            else
                exponent = Exponent();
        }

        if (exponent is NegateNode { Operand: NumberNode { Value.IsOne: true } } or BracketNode { Items: [NegateNode { Operand: NumberNode { Value.IsOne: true } }] })
        {
            function = Inverse(function);
            exponent = null;
        }

        // \log without a base is decimal, as \ln exists.
        if (name == "log" && @base is null)
            @base = new NumberNode(10);
        var arguments = Arguments(function);
        if (@base is not null)
        {
            if (function != Function.Log)
                throw Unreadable("a subscript stands after a function that takes none");
            arguments.Add(@base);
        }

        var count = arguments.Count;
        var many = function is Function.Gcd or Function.Lcm or Function.Max or Function.Min;
        if (many ? count is < 1 or > 50 : count != (function == Function.Log && @base is not null ? 2 : 1))
            throw Unreadable($"{name} has a wrong number of arguments");
        Node call = new CallNode(function, arguments);
        return exponent is null ? call : new PowerNode(call, exponent);
    }

    /// <summary>A base without braces is one digit in LaTeX; \log_{10} and log_10 mean ten.</summary>
    private NumberNode LogBase() => NumberOf(_tokens[_at++]);

    private Function Inverse(Function function) => function switch
    {
        Function.Sin => Function.Arcsin,
        Function.Cos => Function.Arccos,
        Function.Tan => Function.Arctan,
        Function.Cot => Function.Arccot,
        Function.Sinh => Function.Arsinh,
        Function.Cosh => Function.Arcosh,
        Function.Tanh => Function.Artanh,
        _ => throw Unreadable("an inverse function that is not known"),
    };

    /// <summary>
    /// The argument: what stands in brackets, or the product up to the next sign, operator or function: sin 2x cos x is sin(2x) cos(x).
    /// </summary>
    private List<Node> Arguments(Function function)
    {
        Deeper();
        List<Node> arguments;
        if (Current.Is('(') || Current.Is('['))
        {
            _at++;
            arguments = Outside(() => Items().Items);
            if (!Current.Is(')') && !Current.Is(']'))
                throw Unreadable("the argument is not closed");
            _at++;
        }
        else if (Current.Is('{'))
        {
            _at++;
            arguments = Outside(() => Items().Items);
            Expect('}');
            if (function is Function.Sin or Function.Cos or Function.Tan or Function.Log)
                arguments = [ArgumentProduct(arguments[0])];
        }
        else if (Current.Is('-') || Current.Is('+'))
        {
            arguments = [SignedFactor()];
        }
        else
        {
            arguments = [ArgumentProduct(Factor())];
        }

        _depth--;
        return arguments;
    }

    private Node ArgumentProduct(Node first)
    {
        var factors = new List<Factor> { new(first) };
        while (StartsFactor() && !IsFunctionStart(Current) && !Current.Is('(') && !Current.Is('[') && !Current.Is('{'))
            factors.Add(new(Factor()));
        if (Current.Is('/') && Following.Kind == TokenKind.Number && factors.All(f => f.Node is not CallNode) && !Following.SpaceBefore)
        {
            // sin pi/6 and cos x/2 mean the angle divided.
            _at++;
            factors.Add(new(Factor(), true));
        }

        return Product(factors);
    }

    private static bool IsFunctionStart(Token token) => token.Kind == TokenKind.Name && token.Text is not ("pi" or "frac" or "sqrt" or "infty" or "binom");
}
