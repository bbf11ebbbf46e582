export const inferParquet = async (_: string): Promise<any> => null
export const checkParquet = async (_: string, __: unknown): Promise<any> => null
export const writeParquet = async (_: unknown): Promise<any> => null
