using Ratchet.Systems.Tests;
using Ratchet.Systems.Tests.ExpertIteration;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

if (args is [RunHost.Argument, .. var rest])
    return await RunHost.RunAsync(rest);
if (args.Any(a => a is "--server" or "--internal-msbuild-node"))
    return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
return await ConsoleRunner.Run(args);
