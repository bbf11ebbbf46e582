// In a checkout "@openislands/connector-kit/testing" is what the build made; authors get it packed.
export * from "../../dist/kit/testing.js"
